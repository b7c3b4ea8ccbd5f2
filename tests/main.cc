// SPDX-License-Identifier: ISC
#define DOCTEST_CONFIG_IMPLEMENT
#include <doctest/doctest.h>

#include <csignal>
#include <cstdio>

int main(int argc, char** argv) {
    // What children say to the same file comes between lines.
    std::setvbuf(stdout, nullptr, _IOLBF, BUFSIZ);
    // A shell has what it starts in its background ignore these two, and all that is tested would
    // inherit that.
    for (const int number : {SIGINT, SIGQUIT}) std::signal(number, SIG_DFL);
    return doctest::Context(argc, argv).run();
}
