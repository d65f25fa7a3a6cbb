"""Marking a class: what was handed in (collect, hand_ins), each answer examined (marking), and marks kept (results, report)."""
