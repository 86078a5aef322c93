# The command line in an image: docs/how-to/install.md. It needs the registries of its base image and of npm, and nothing else.
FROM docker.io/library/node:24.21.0-bookworm-slim AS build
WORKDIR /src
COPY . .
RUN npm ci --no-fund --no-audit
RUN npm pack --pack-destination /

FROM docker.io/library/node:24.21.0-bookworm-slim
COPY --from=build /cloudify-offsite-offsite-*.tgz /
RUN npm install --global --offline /cloudify-offsite-offsite-*.tgz && rm /cloudify-offsite-offsite-*.tgz
# The root file system may be read-only: only the backup folder is written, and /tmp for archives under way.
USER node
WORKDIR /backup
ENTRYPOINT ["offsite"]
CMD ["--help"]
HEALTHCHECK --interval=5m CMD ["offsite", "--version"]
