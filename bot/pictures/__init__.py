"""Pictures, drawn by a child process that lives as long as one of them: the bot itself never imports Pillow."""
