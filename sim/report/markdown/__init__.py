"""What pages of the documents hold of finished runs: tables in Markdown, each between its markers."""
