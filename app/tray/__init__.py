"""The tray: icon, menu, notifications. It sees snapshots (`app.state`) and asks through `RobotControls`, no more."""
