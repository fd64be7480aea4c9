"""Detectors: whether numbers are beyond what was promised or beyond chance. Pure functions."""
