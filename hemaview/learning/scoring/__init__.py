"""Tasks that score shipped models on labelled sets, and studies that compare variants."""
