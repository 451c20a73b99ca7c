"""Blood film: red-cell morphology, white-cell differential, nucleated red cells, platelets."""
