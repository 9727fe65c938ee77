# One image for the token server and the workers. Model files are not in it: they live in a volume (docs/deployment.md).
FROM rust:1.95-bookworm AS build
RUN apt-get update && apt-get install -y --no-install-recommends cmake libclang-dev && rm -rf /var/lib/apt/lists/*
WORKDIR /source
COPY . .
RUN cargo build --workspace --bins --locked

FROM node:20-bookworm-slim
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates espeak-ng libgomp1 python3 python3-pip \
    && rm -rf /var/lib/apt/lists/*
COPY --from=build /source/target/debug/token-server /source/target/debug/agent-worker /source/target/debug/xtask /usr/local/bin/
RUN useradd --uid 1001 --create-home visavis && mkdir -p /var/cache/visavis && chown visavis /var/cache/visavis
# A number, so that a cluster can see that it is not root.
USER 1001
ENV VISAVIS_CACHE=/var/cache/visavis
EXPOSE 3001 8081
CMD ["token-server"]
