"""The review pages: who may come in, what they see, and what they may change."""
