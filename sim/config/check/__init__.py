"""What a config gets wrong: problems with their places, and checks that span several parts."""
