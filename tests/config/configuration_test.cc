// SPDX-License-Identifier: ISC
// Whole files: bad bytes, includes, drop-ins.
#include "daemon/config/configuration.h"

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "tests/config/reading.h"

using namespace minetd;
using namespace minetd::testing;

namespace {

/// A directory that is gone with the test.
class Directory {
  public:
    Directory() {
        std::string path = "/tmp/minetd-test-XXXXXX";
        REQUIRE(mkdtemp(path.data()));
        path_ = path;
    }
    ~Directory() { std::filesystem::remove_all(path_); }
    Directory(const Directory&) = delete;
    Directory& operator=(const Directory&) = delete;

    std::string write(const std::string& name, const std::string& text) const {
        const std::filesystem::path file = std::filesystem::path(path_) / name;
        std::filesystem::create_directories(file.parent_path());
        std::ofstream(file) << text;
        return file;
    }
    std::string operator/(const std::string& name) const { return path_ + "/" + name; }

  private:
    std::string path_;
};

const std::string good = "7000 stream tcp nowait nobody /bin/cat\n";

}  // namespace

TEST_SUITE("config") {
    TEST_CASE("bad bytes: a message with its place, and the other services run") {
        struct {
            std::string text, said;
            unsigned errors;
            std::size_t services;
        } const cases[] = {
            {std::string("7001 stream tcp nowait nobody /bin/c\0t\n", 39) + good,
             "test.conf:1:37: there is a NUL byte", 1, 1},
            {std::string(1 << 20, '\0') + "\n" + good, "bytes, more than the 65536", 1, 1},
            {std::string(10'000'000, 'x') + "\n" + good,
             "test.conf:1:1: this line has 10000000 bytes, more than the 65536", 1, 1},
            {good + "\t" + std::string(70'000, 'x') + "\n",
             "test.conf:2:1: this line has 70001 bytes", 1, 0},
            {"7000 stream tcp nowait nobody /bin/cat\r\n#\r\n", "end in CR LF", 0, 1},
            {"7000 stream tcp nowait nobody /bin/cat", "has no newline", 0, 1},
            {"7000 stream tcp nowait nobody /bin/cat cat \xE4\n",
             "test.conf:1:44: warning: this is not UTF-8", 0, 1},
            {"# \xE4\n" + good, "", 0, 1},
            {"\xEF\xBB\xBF" + good, "", 0, 1},
            {"7001 stream tcp nowait nobody /bin/cat \x1b[0m\n" + good, "a control byte \\x1b", 1,
             1},
            {"7001 stream tcp nowait nobody /bin/cat 'x\n" + good, "is never closed", 1, 1},
            {good + "[7000]\nid = \x01\n", "a control byte \\x01", 1, 0},
            {good + "[7000]\nid = \"x\n", "is never closed", 1, 0},
            {"", "", 0, 0},
            {"\n\n   \n\t\n#\n", "", 0, 0},
        };
        for (const auto& [text, said, errors, services] : cases) {
            const auto which = text.substr(0, 60);
            CAPTURE(which);
            const Reading reading = read(text);
            CAPTURE(reading.said());
            CHECK(reading.said().find(said) != std::string::npos);
            CHECK(reading.diagnostics.errors() == errors);
            CHECK(reading.configuration.services.size() == services);
            CHECK(reading.configuration.broken.size() <= errors);
        }
    }

    TEST_CASE("a service with a damaged line is known to be broken") {
        const Reading reading = read(std::string("7001 stream tcp nowait nobody /bin/c\0t\n", 39));
        REQUIRE(reading.configuration.broken.size() == 1);
        CHECK(reading.configuration.broken[0] == "7001/tcp");
    }

    TEST_CASE("a file of garbage is given up, with one word about it") {
        std::string text;
        for (unsigned i = 0; i < 100'000; ++i) text += "garbage\n";
        const Reading reading = read(text);
        CHECK(reading.diagnostics.all().size() < 1100);
        CHECK(reading.configuration.fatal);
        CHECK(reading.said().find("the rest is not read") != std::string::npos);
    }

    TEST_CASE("files that cannot be read") {
        const Directory directory;
        CHECK(load(directory / "none.conf")
                  .said()
                  .find("it cannot be read: No such file or directory") != std::string::npos);
        CHECK(load(directory / "").said().find("it cannot be read: Is a directory") !=
              std::string::npos);
        REQUIRE(mkfifo((directory / "fifo").c_str(), 0600) == 0);
        const std::string main = directory.write("main.conf", good + ".include fifo\n");
        const Reading reading = load(main);
        CHECK(reading.said().find("not a regular file (included at " + main + ":2:10)") !=
              std::string::npos);
        CHECK(reading.configuration.fatal);
        REQUIRE(reading.diagnostics.errors() == 1);
        CHECK(reading.diagnostics.all()[0].where.line == 0);
        CHECK(reading.configuration.services.size() == 1);
    }

    TEST_CASE("includes: globs in order, addresses inherited, cycles and seconds passed over") {
        const Directory directory;
        const std::string main = directory.write("main.conf",
                                                 "127.0.0.1:\n.include \"d/*.inc\"\n7000 stream "
                                                 "tcp nowait nobody /bin/cat\n.include d/b.inc\n");
        directory.write("d/b.inc",
                        "7002 stream tcp nowait nobody /bin/cat\n*:\n7003 stream tcp nowait nobody "
                        "/bin/cat\n.include ../main.conf\n");
        directory.write("d/a.inc",
                        "7001 stream tcp nowait nobody /bin/cat\n[7000]\ninstances = 3\n.include "
                        "../late.inc\n");
        directory.write("d/c.inc~", "7009 stream tcp nowait nobody /bin/cat\n");
        directory.write("late.inc", "7004 stream tcp nowait nobody /bin/cat\n");
        const Reading reading = load(main);
        CAPTURE(reading.said());
        CHECK(reading.diagnostics.errors() == 0);
        CHECK(reading.warnings() == 2);
        CHECK(reading.said().find("includes itself") != std::string::npos);
        CHECK(reading.said().find("was read before") != std::string::npos);
        std::vector<std::string> keys;
        for (const auto& spec : reading.configuration.services) keys.push_back(spec->key());
        CHECK(keys == std::vector<std::string>{"127.0.0.1:7001/tcp", "127.0.0.1:7004/tcp",
                                               "127.0.0.1:7002/tcp", "7003/tcp",
                                               "127.0.0.1:7000/tcp"});
        CHECK(reading.find("127.0.0.1:7000/tcp")->limits.instances == 3U);
    }

    TEST_CASE("drop-ins: after the file, in the order of their names, both parts") {
        const Directory directory;
        const std::string main = directory.write("minetd.conf", good + "[7000]\nnice = 1\n");
        directory.write("minetd.d/20.conf", "[7000]\nnice = 3\n");
        directory.write("minetd.d/10.conf",
                        "7001 stream tcp nowait nobody /bin/cat\n[7000]\nnice = 2\n");
        for (const char* ignored :
             {".30.conf", "40.conf~", "50.conf.dpkg-old", "60.txt", "#70.conf"})
            directory.write("minetd.d/" + std::string(ignored), "garbage\n");
        const Reading reading = load(main);
        CAPTURE(reading.said());
        CHECK(reading.diagnostics.all().empty());
        CHECK(reading.configuration.services.size() == 2);
        CHECK(reading.find("7000/tcp")->nice == 3);

        LoadOptions elsewhere = options();
        elsewhere.drop_ins = directory / "other";
        CHECK(load(main, elsewhere).find("7000/tcp")->nice == 1);
        directory.write("other/x.conf", "[7000]\nnice = 7\n");
        CHECK(load(main, elsewhere).find("7000/tcp")->nice == 7);
    }

    TEST_CASE("an inetd.conf beside the configuration, but for services that this has") {
        const Directory directory;
        const std::string file = directory.write(
            "minetd.conf", good +
                               "discard stream tcp nowait nobody internal\n"
                               "[echo/tcp]\nserver = internal\nuser = nobody\ndisable = yes\n"
                               "[defaults]\numask = 027\n");
        const std::string beside = directory.write("inetd.conf",
                                                   "7000 stream tcp nowait nobody /bin/true\n"
                                                   "DISCARD stream tcp nowait nobody internal\n"
                                                   "echo stream tcp nowait nobody internal\n"
                                                   "daytime stream tcp nowait nobody internal\n");
        Diagnostics diagnostics;
        LoadOptions options{.check_host = false, .inetd_conf = beside};
        const Configuration both = load_configuration(file, options, diagnostics);
        REQUIRE(both.services.size() == 3);
        CHECK(both.services[0]->server == "/bin/cat");
        CHECK(both.services[1]->name == "discard");
        CHECK(both.services[2]->name == "daytime");
        CHECK(both.services[2]->umask == 027U);
        CHECK(diagnostics.all().empty());

        options.inetd_conf = directory / "nowhere";
        CHECK(load_configuration(file, options, diagnostics).services.size() == 2);
        CHECK(diagnostics.all().empty());
    }
}
