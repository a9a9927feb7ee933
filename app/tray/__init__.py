"""The tray: icon, menu, notifications.

It sees snapshots (`app.robot.state`) and asks through `RobotControls`, no more.
"""
