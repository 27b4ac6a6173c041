// Package config reads the settings.
package config

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strconv"
)

// Config holds what can be set from outside.
type Config struct {
	Host     string
	Port     int
	LogLevel slog.Level
}

// Address is where to listen.
func (c Config) Address() string {
	return net.JoinHostPort(c.Host, strconv.Itoa(c.Port))
}

// Read takes the settings from the environment. Its error names every variable that is wrong.
func Read(getenv func(string) string) (Config, error) {
	config := Config{Host: "127.0.0.1", Port: {{port}}, LogLevel: slog.LevelInfo}
	var faults []error
	if host := getenv("HOST"); host != "" {
		config.Host = host
	}
	if text := getenv("PORT"); text != "" {
		port, err := strconv.ParseUint(text, 10, 16)
		if err != nil {
			faults = append(faults, fmt.Errorf("PORT: %q is no port", text))
		}
		config.Port = int(port)
	}
	if text := getenv("LOG_LEVEL"); text != "" {
		if err := config.LogLevel.UnmarshalText([]byte(text)); err != nil {
			faults = append(faults, fmt.Errorf("LOG_LEVEL: %q is none of debug, info, warn, error", text))
		}
	}
	return config, errors.Join(faults...)
}
