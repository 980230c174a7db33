"""An invented clinic, full of invented patients in the middle of their courses, and two new patients to plan for."""
