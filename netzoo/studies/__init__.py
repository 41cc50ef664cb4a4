"""Studies: questions that several trainings answer."""
