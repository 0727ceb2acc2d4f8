/**
 * A client of the Mesos APIs on the unmodified mesos-go library, for tests: scheduler, operator or executor.
 *
 * Each part says what happens to it in JSON lines on its standard output, and does nothing that a test did
 * not ask for. What is right or wrong is for the test to say.
 */

package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"sync"
	"time"

	"github.com/mesos/mesos-go/api/v1/lib/encoding"
	"github.com/mesos/mesos-go/api/v1/lib/encoding/codecs"
	"github.com/mesos/mesos-go/api/v1/lib/httpcli"
)

type options struct {
	url, codec, principal, secret string
	framework                     frameworkOptions
}

func main() {
	parts := map[string]func(options, []string) error{
		"scheduler": runScheduler, "operator": runOperator, "executor": runExecutor,
	}
	if len(os.Args) < 2 || parts[os.Args[1]] == nil {
		fmt.Fprintln(os.Stderr, "mesos-go scheduler|operator|executor [--OPTION VALUE…]")
		os.Exit(2)
	}
	var o options
	flags := flag.NewFlagSet(os.Args[1], flag.ExitOnError)
	flags.StringVar(&o.url, "url", "", "where the API is, with its path")
	flags.StringVar(&o.codec, "codec", "protobuf", "protobuf or json")
	flags.StringVar(&o.principal, "principal", "", "who it is")
	flags.StringVar(&o.secret, "secret", "", "what proves it")
	flags.StringVar(&o.framework.name, "name", "mesos-go", "a framework's name")
	flags.StringVar(&o.framework.role, "role", "*", "its only role")
	flags.Float64Var(&o.framework.failoverSeconds, "failover-seconds", 0, "its failover timeout")
	flags.BoolVar(&o.framework.multiRole, "multi-role", false, "whether it has MULTI_ROLE")
	_ = flags.Parse(os.Args[2:])
	if err := parts[os.Args[1]](o, flags.Args()); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

var printing sync.Mutex

type line map[string]interface{}

func say(l line) {
	text, err := json.Marshal(l)
	if err != nil {
		text, _ = json.Marshal(line{"fault": err.Error()})
	}
	printing.Lock()
	defer printing.Unlock()
	fmt.Println(string(text))
}

func codecOf(name string) encoding.Codec {
	if name == "json" {
		return codecs.ByMediaType[codecs.MediaTypeJSON]
	}
	return codecs.ByMediaType[codecs.MediaTypeProtobuf]
}

// Basic authentication as the library does it; without a secret, none.
func clientOf(o options) *httpcli.Client {
	config := []httpcli.ConfigOpt{httpcli.Timeout(15 * time.Second)}
	if o.secret != "" {
		config = append(config, httpcli.BasicAuth(o.principal, o.secret))
	}
	return httpcli.New(
		httpcli.Endpoint(o.url),
		httpcli.Codec(codecOf(o.codec)),
		httpcli.Do(httpcli.With(config...)),
	)
}
