module native-go

go 1.27
