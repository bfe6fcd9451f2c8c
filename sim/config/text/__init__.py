"""Config files as text: YAML with the place of every value, layers merged, and written back."""
