"""The pages and who may see them: words, figures, an open page, the server on this machine."""
