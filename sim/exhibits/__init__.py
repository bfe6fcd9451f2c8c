"""What people read, in every form: numbers in words, figures, pages and files; knows no study."""
