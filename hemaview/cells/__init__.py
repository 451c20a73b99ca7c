"""What a cell is: class schemas, the columnar cell file and its transport to the browser."""
