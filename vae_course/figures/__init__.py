"""Every drawing of the course. One module a lesson, one style (`style`), one frame for sliders (`widgets`).

Colours mean the same thing everywhere: see `style.COLOURS`.
"""
