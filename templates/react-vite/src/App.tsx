import site from "./site.json";
import { TaskList } from "./TaskList.tsx";

export function App() {
  return (
    <>
      <header>
        <h1>{site.name}</h1>
        <p>{site.description}</p>
      </header>
      <main>
        <TaskList />
      </main>
    </>
  );
}
