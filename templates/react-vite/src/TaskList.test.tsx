import { render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { describe, expect, it } from "vitest";
import { TaskList } from "./TaskList.tsx";

function setup() {
  render(<TaskList />);
  return { user: userEvent.setup(), field: screen.getByRole("textbox", { name: "New task" }) };
}

describe("TaskList", () => {
  it("begins empty, and says so", () => {
    setup();
    expect(screen.queryByRole("listitem")).not.toBeInTheDocument();
    expect(screen.getByRole("status")).toHaveTextContent("Nothing to do yet.");
  });

  it("adds what is typed, with the button or with Enter, and empties the field", async () => {
    const { user, field } = setup();
    await user.type(field, "  Buy milk ");
    await user.click(screen.getByRole("button", { name: "Add" }));
    expect(screen.getByRole("checkbox", { name: "Buy milk" })).not.toBeChecked();
    expect(field).toHaveValue("");

    await user.type(field, "Call Ana{Enter}");
    expect(screen.getByRole("checkbox", { name: "Call Ana" })).toBeInTheDocument();
    expect(screen.getAllByRole("listitem")).toHaveLength(2);
  });

  it("does not add a task without a title", async () => {
    const { user, field } = setup();
    await user.click(screen.getByRole("button", { name: "Add" }));
    await user.type(field, "   {Enter}");
    expect(screen.queryByRole("listitem")).not.toBeInTheDocument();
  });

  it("ticks a task off and on again, and counts", async () => {
    const { user, field } = setup();
    await user.type(field, "Buy milk{Enter}");
    await user.type(field, "Call Ana{Enter}");
    const milk = screen.getByRole("checkbox", { name: "Buy milk" });

    await user.click(milk);
    expect(milk).toBeChecked();
    expect(screen.getByRole("checkbox", { name: "Call Ana" })).not.toBeChecked();
    expect(screen.getByRole("status")).toHaveTextContent("1 of 2 done");

    await user.click(milk);
    expect(screen.getByRole("status")).toHaveTextContent("0 of 2 done");
  });
});
