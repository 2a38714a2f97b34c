"""What a recording is and when it counts (`states`), and how long it is kept (`retention`)."""

from services.compliance.recording.rules.states import Checkpoint, RecordingFacts, RecordingState, Script, Step, StepKind, after

__all__ = ["Checkpoint", "RecordingFacts", "RecordingState", "Script", "Step", "StepKind", "after"]
