# One image for each part of the suite: docker build --build-arg SERVICE=profile .
FROM python:3.13-slim AS build
COPY requirements.lock /build/requirements.lock
RUN python3 -m venv /venv \
    && /venv/bin/pip install --quiet --no-cache-dir --no-deps --require-hashes --requirement /build/requirements.lock

FROM python:3.13-slim
RUN useradd --system --uid 10001 --user-group --no-create-home steward \
    && install -d -o steward -g steward -m 0700 /keys /keys/public /keys/gateway /keys/profile /keys/compliance
WORKDIR /app
COPY --from=build /venv /venv
COPY contracts contracts
COPY chassis chassis
COPY services services
COPY gateway gateway
COPY steward steward
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
ARG SERVICE
ENV STEWARD_SERVICE=$SERVICE
USER steward
EXPOSE 8000
CMD ["sh", "-c", "exec python -m steward.container \"$STEWARD_SERVICE\""]
