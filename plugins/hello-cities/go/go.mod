module hello-cities

go 1.24

require soloist v0.0.0

replace soloist => ../../../sdk/go
