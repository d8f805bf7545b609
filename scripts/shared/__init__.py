"""What the commands share: options and errors on the command line, and the report's figures."""
