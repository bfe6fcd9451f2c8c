"""What every command needs: the application, arguments, errors to exit codes, progress, printing, examples."""
