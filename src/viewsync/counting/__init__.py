"""Counting people with several cameras that don't take their pictures at once (Zhang & Chan, 2020)."""
