module soloist

go 1.24
