"""What happened, told to those who operate the bot: logs, metrics, the page. Changes nothing."""
