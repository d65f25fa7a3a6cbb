"""What a teacher decides, by rules and by hand; applied to what was found whenever it is shown, and never when it is marked."""
