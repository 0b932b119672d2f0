# Two stages: one installs from the lock, the other runs. The base has the oldest Python that pyproject.toml allows.
FROM python:3.11-slim-bookworm AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
COPY requirements.lock /build/
# The venv has no pip of its own; wheels only, so no compiler is needed and nothing of a package runs at build time.
RUN python -m venv --without-pip /venv \
 && pip --python /venv/bin/python install --no-compile --only-binary=:all: --require-hashes -r /build/requirements.lock
# Posts speak Indonesian and English; the other locales of Babel, sources and tests of packages are never read.
RUN find /venv -path '*/babel/locale-data/*.dat' ! -name root.dat ! -name id.dat ! -name en.dat -delete \
 && find /venv -regextype posix-extended -regex '.*\.(pyx|pxd|pyi|c|h)' -delete \
 && find /venv -depth -type d -name tests -exec rm -rf {} +
COPY bot /venv/lib/python3.11/site-packages/bot
RUN printf '#!/venv/bin/python\nfrom bot.__main__ import main\n\nmain()\n' > /venv/bin/kabarbot \
 && chmod 755 /venv/bin/kabarbot

FROM python:3.11-slim-bookworm
LABEL org.opencontainers.image.title="Kabarbot" \
      org.opencontainers.image.description="A news portal's feed becomes Telegram posts, and answers for readers." \
      org.opencontainers.image.licenses="MIT"
RUN groupadd --gid 10001 kabarbot \
 && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /app --shell /usr/sbin/nologin kabarbot \
 && install -d -o 10001 -g 10001 -m 750 /data \
 && install -d -m 755 /app
COPY --from=build /venv /venv
COPY LICENSE /usr/share/licenses/kabarbot/
# The root file system may be read-only, so what will be imported is compiled now, and nothing else: for the bot and its
# parsing child, which run with -OO, and for the other verbs.
RUN /venv/bin/python -OO -c "import bot.app, bot.assembly, bot.observe.room, bot.sources.child, bot.sources.pages, bot.sources.articles, uvloop" \
 && /venv/bin/python -c "import bot.app, bot.pictures.drawing, bot.pictures.child, bot.cli.run, bot.cli.lean, bot.cli.line, bot.cli.check, bot.cli.health, bot.settings; from PIL import Image; Image.preinit()"
ENV PATH=/venv/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    DATABASE_PATH=/data/kabarbot.db \
    HTTP_ADDRESS=0.0.0.0:8080
WORKDIR /app
USER 10001:10001
VOLUME /data
EXPOSE 8080
HEALTHCHECK --interval=30s --timeout=10s --start-period=60s --retries=3 CMD ["python", "-m", "bot", "health"]
ENTRYPOINT ["python", "-m", "bot"]
CMD ["run"]
