"""Datasets: read, split apart, export, describe."""
