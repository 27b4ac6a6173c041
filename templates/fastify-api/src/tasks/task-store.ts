import { randomUUID } from "node:crypto";
import { NotFoundError } from "../errors.ts";
import type { NewTask, Task, TaskChange } from "./task.ts";

/** Where tasks are kept. Promises, so that a database can take the place of the memory. */
export interface TaskStore {
  /** All tasks, or those that are done or not, oldest first. */
  list(filter?: { done?: boolean | undefined }): Promise<Task[]>;
  add(task: NewTask): Promise<Task>;
  /** These three throw a NotFoundError when there is no such task. */
  get(id: string): Promise<Task>;
  change(id: string, change: TaskChange): Promise<Task>;
  remove(id: string): Promise<void>;
}

/** Keeps tasks in memory: they are gone when the server ends. */
export function createTaskStore(): TaskStore {
  const tasks = new Map<string, Task>();

  function find(id: string): Task {
    const task = tasks.get(id);
    if (!task) throw new NotFoundError(`There is no task ${id}.`);
    return task;
  }

  return {
    async list({ done } = {}) {
      const all = [...tasks.values()];
      return done === undefined ? all : all.filter((task) => task.done === done);
    },
    async add({ title }) {
      const task = { id: randomUUID(), title, done: false, createdAt: new Date().toISOString() };
      tasks.set(task.id, task);
      return task;
    },
    async get(id) {
      return find(id);
    },
    async change(id, change) {
      const task = find(id);
      const changed = {
        ...task,
        title: change.title ?? task.title,
        done: change.done ?? task.done,
      };
      tasks.set(id, changed);
      return changed;
    },
    async remove(id) {
      tasks.delete(find(id).id);
    },
  };
}
