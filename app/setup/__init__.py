"""What the installer and the uninstaller leave to the robot's own code: `robot setup …`, a hidden command."""
