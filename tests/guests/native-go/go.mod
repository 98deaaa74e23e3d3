module native-go

go 1.27

require soloist v0.0.0

replace soloist => ../../../sdk/go
