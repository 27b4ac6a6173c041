// Command {{slug}} serves the API until it is told to stop.
package main

import (
	"context"
	"log/slog"
	"net"
	"os"
	"os/signal"
	"syscall"

	"{{module}}/internal/config"
	"{{module}}/internal/notes"
	"{{module}}/internal/server"
)

func main() {
	if err := run(); err != nil {
		slog.Error("stopped by a failure", "error", err)
		os.Exit(1)
	}
}

func run() error {
	settings, err := config.Read(os.Getenv)
	if err != nil {
		return err
	}
	logger := slog.New(slog.NewJSONHandler(os.Stderr, &slog.HandlerOptions{Level: settings.LogLevel}))

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()

	listener, err := net.Listen("tcp", settings.Address())
	if err != nil {
		return err
	}
	return server.Serve(ctx, listener, server.NewHandler(notes.NewStore(), logger), logger)
}
