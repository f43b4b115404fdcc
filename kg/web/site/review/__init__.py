"""Where people who may write decide on what was found with doubt."""
