package config

import (
	"log/slog"
	"strings"
	"testing"
)

func TestRead(t *testing.T) {
	defaults := Config{Host: "127.0.0.1", Port: {{port}}, LogLevel: slog.LevelInfo}
	tests := []struct {
		name        string
		environment map[string]string
		want        Config
		faults      []string
	}{
		{name: "defaults", want: defaults},
		{
			name:        "all set",
			environment: map[string]string{"HOST": "::1", "PORT": "9123", "LOG_LEVEL": "warn"},
			want:        Config{Host: "::1", Port: 9123, LogLevel: slog.LevelWarn},
		},
		{
			name:        "every fault is named",
			environment: map[string]string{"PORT": "65536", "LOG_LEVEL": "loud"},
			faults:      []string{"PORT", "65536", "LOG_LEVEL", "loud"},
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := Read(func(name string) string { return test.environment[name] })
			if len(test.faults) == 0 {
				if err != nil || got != test.want {
					t.Fatalf("Read() = %+v, %v; want %+v", got, err, test.want)
				}
				return
			}
			if err == nil {
				t.Fatalf("Read() = %+v without an error", got)
			}
			for _, fault := range test.faults {
				if !strings.Contains(err.Error(), fault) {
					t.Errorf("error %q does not name %s", err, fault)
				}
			}
		})
	}
}

func TestAddress(t *testing.T) {
	if got := (Config{Host: "::1", Port: 9123}).Address(); got != "[::1]:9123" {
		t.Errorf("Address() = %q", got)
	}
}
