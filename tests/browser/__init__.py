"""Lessons in a real browser: JupyterLab as `make lab` serves it, driven by headless Chromium."""
