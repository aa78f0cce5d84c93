"""Dispute games: claims and positions, the view of a game, and what an honest player answers."""
