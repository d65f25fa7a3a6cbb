"""What comes in: archives and folders of every platform, down to the hand-in of one student."""
