import { type SubmitEvent, useState } from "react";

interface Task {
  id: number;
  title: string;
  done: boolean;
}

/** A list of tasks that a person adds to and ticks off. It lasts as long as the page is open. */
export function TaskList() {
  const [tasks, setTasks] = useState<Task[]>([]);
  const [title, setTitle] = useState("");
  const done = tasks.filter((task) => task.done).length;

  function add(event: SubmitEvent) {
    event.preventDefault();
    if (title.trim() === "") return;
    setTasks([...tasks, { id: tasks.length, title: title.trim(), done: false }]);
    setTitle("");
  }

  function toggle(id: number) {
    setTasks(tasks.map((task) => (task.id === id ? { ...task, done: !task.done } : task)));
  }

  return (
    <section aria-labelledby="tasks-heading">
      <h2 id="tasks-heading">Tasks</h2>
      <form onSubmit={add}>
        <label>
          New task
          <input
            value={title}
            onChange={(event) => setTitle(event.target.value)}
            required
            maxLength={200}
            autoComplete="off"
          />
        </label>
        <button type="submit">Add</button>
      </form>
      <ul>
        {tasks.map((task) => (
          <li key={task.id}>
            <label>
              <input type="checkbox" checked={task.done} onChange={() => toggle(task.id)} />
              <span>{task.title}</span>
            </label>
          </li>
        ))}
      </ul>
      <p role="status">
        {tasks.length === 0 ? "Nothing to do yet." : `${done} of ${tasks.length} done`}
      </p>
    </section>
  );
}
