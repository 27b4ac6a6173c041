import type { GoFacts } from './detect-go.ts';
import type { DockerPlan } from './docker-plan.ts';
import { commandLine, copyLine, shellWord } from './docker-text.ts';
import type { Draft } from './draft.ts';
import { findPort } from './listening-port.ts';
import { PAGES_PORT, pagesStage } from './pages-stage.ts';
import type { JavaFacts, RustFacts, StaticFacts } from './project.ts';

/** Plans the image of a Go program. */
export async function goDockerfile(draft: Draft, facts: GoFacts): Promise<DockerPlan> {
  const [program, ...others] = facts.programs;
  if (program === undefined) {
    return { reason: 'there is no package main in the folder or under cmd/, so it is taken for a library.' };
  }
  if (others.length > 0) {
    draft.assumptions.push(
      `The image starts ${program || 'the program in the project folder'}; there are ${others.length} more programs.`,
    );
  }
  const { port } = await findPort(
    draft.project.view,
    /\.go$/,
    program === '' ? 'main.go' : `${program}/main.go`,
  );
  const lines = [
    `FROM golang:${facts.version} AS build`,
    'WORKDIR /src',
    copyLine(facts.hasSum ? ['go.mod', 'go.sum'] : ['go.mod'], './'),
    'RUN go mod download',
    'COPY . .',
    `RUN CGO_ENABLED=0 go build -trimpath -ldflags="-s -w" -o /out/app ${shellWord(program === '' ? '.' : `./${program}`)}`,
    '',
    'FROM alpine:3',
    'RUN adduser -D -H -u 10001 app',
    'COPY --from=build /out/app /usr/local/bin/app',
    'USER app',
    ...(port === null ? [] : [`EXPOSE ${port}`]),
    commandLine(['app']),
  ];
  return { lines, port };
}

/** Plans the image of a Rust program. */
export function rustDockerfile({ binary, isLocked }: RustFacts): DockerPlan {
  if (binary === null)
    return { reason: 'the crate has no program (no src/main.rs), so it is taken for a library.' };
  const lines = [
    'FROM rust:1-slim-bookworm AS build',
    'WORKDIR /src',
    'COPY . .',
    `RUN cargo build --release${isLocked ? ' --locked' : ''} --bin ${shellWord(binary)}`,
    '',
    'FROM debian:bookworm-slim',
    'RUN useradd --system --uid 10001 --no-create-home app',
    copyLine([`/src/target/release/${binary}`], '/usr/local/bin/app', 'build'),
    'USER app',
    commandLine(['app']),
  ];
  return { lines, port: null };
}

/** Plans the image of a Spring Boot program; other Java projects do not say how they are started. */
export function javaDockerfile({ tool, command, isSpringBoot, version }: JavaFacts): DockerPlan {
  if (!isSpringBoot)
    return { reason: 'only for Spring Boot is it known which file of a Java project to start.' };
  const isWrapped = command.startsWith('./');
  const image = isWrapped
    ? `eclipse-temurin:${version}-jdk`
    : `${tool}:${tool === 'maven' ? 3 : 8}-eclipse-temurin-${version}`;
  const folder = tool === 'maven' ? 'target' : 'build/libs';
  const task = tool === 'maven' ? '-q -DskipTests package' : 'bootJar --no-daemon';
  // A second file, *-plain.jar or *.jar.original, has no libraries in it.
  const pick = `find ${folder} -name '*.jar' ! -name '*-plain.jar' -exec cp {} /app.jar \\;`;
  const lines = [
    `FROM ${tool === 'gradle' && !isWrapped ? `gradle:8-jdk${version}` : image} AS build`,
    'WORKDIR /src',
    'COPY . .',
    `RUN ${isWrapped ? `sh ${command}` : command} ${task} && ${pick}`,
    '',
    `FROM eclipse-temurin:${version}-jre`,
    'RUN useradd --system --uid 10001 --no-create-home app',
    'COPY --from=build /app.jar /app/app.jar',
    'USER app',
    'EXPOSE 8080',
    commandLine(['java', '-jar', '/app/app.jar']),
  ];
  return { lines, port: 8080 };
}

/** Plans the image that serves pages as they are. */
export function staticDockerfile({ root }: StaticFacts): DockerPlan {
  return { lines: pagesStage(root === '' ? '.' : root, {}), port: PAGES_PORT };
}
