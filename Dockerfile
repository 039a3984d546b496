# The labs in a container: docker build -t labkit . && docker run --rm -it -p 127.0.0.1:8888:8888 labkit
# What is installed stands in pyproject.toml, and the versions in constraints.txt.
FROM python:3.13-slim
RUN apt-get update && apt-get install --yes --no-install-recommends openssl && rm -rf /var/lib/apt/lists/*
COPY . /src
RUN pip install --no-cache-dir -c /src/constraints.txt '/src[notebooks]' && rm -rf /src
RUN useradd --create-home learner
USER learner
WORKDIR /home/learner
EXPOSE 8888
# All addresses of the container: -p above lets in this machine alone.
CMD ["sh", "-c", "labkit learn --no-open kms-labs && exec jupyter lab --ServerApp.ip=0.0.0.0 --ServerApp.open_browser=False --ServerApp.root_dir=kms-labs"]
