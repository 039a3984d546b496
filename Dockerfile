# The labs in a container: docker build -t labkit . && docker run --rm -it -p 127.0.0.1:8888:8888 labkit
# To keep what you do when the container ends, add to the second command: -v kms-labs:/home/learner/kms-labs
# What is installed stands in pyproject.toml, and the versions in constraints.txt.
FROM python:3.13-slim
RUN apt-get update && apt-get install --yes --no-install-recommends openssl && rm -rf /var/lib/apt/lists/*
COPY . /src
RUN pip install --no-cache-dir -c /src/constraints.txt '/src[notebooks]' && rm -rf /src
RUN useradd --create-home learner
USER learner
WORKDIR /home/learner
# A volume that is mounted here for the first time belongs to the learner, as this folder does.
RUN mkdir kms-labs
EXPOSE 8888
HEALTHCHECK --start-period=60s CMD ["python3", "-c", "from urllib.request import urlopen; urlopen('http://127.0.0.1:8888/api')"]
# All addresses of the container: -p above lets in this machine alone.
CMD ["sh", "-c", "labkit learn --no-open kms-labs && jupyter trust kms-labs/notebooks/*.ipynb kms-labs/notebooks/projects/*.ipynb >/dev/null && exec jupyter lab --ServerApp.ip=0.0.0.0 --ServerApp.open_browser=False --ServerApp.root_dir=kms-labs --LabApp.default_url=/lab/tree/notebooks/00-start-here.ipynb"]
