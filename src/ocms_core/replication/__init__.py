"""What the Internet side may see, and its delivery."""
