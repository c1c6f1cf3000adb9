// Reads a JSON list of texts and says, for each of its documents, what kubectl makes of it: the value, or why it refuses.
package main

import (
	"bufio"
	"encoding/json"
	"io"
	"os"
	"strings"

	stream "k8s.io/apimachinery/pkg/util/yaml"
	"sigs.k8s.io/yaml"
)

type document struct {
	Value json.RawMessage `json:"value"`
	Error *string         `json:"error"`
}

func documents(text string) []document {
	reader := stream.NewYAMLReader(bufio.NewReader(strings.NewReader(text)))
	found := []document{}
	for {
		part, err := reader.Read()
		if err == io.EOF {
			return found
		}
		var value []byte
		if err == nil {
			value, err = yaml.YAMLToJSON(part)
		}
		if err != nil {
			message := err.Error()
			found = append(found, document{json.RawMessage("null"), &message})
			if part == nil {
				return found
			}
			continue
		}
		found = append(found, document{value, nil})
	}
}

func main() {
	var texts []string
	if err := json.NewDecoder(os.Stdin).Decode(&texts); err != nil {
		panic(err)
	}
	answers := make([][]document, 0, len(texts))
	for _, text := range texts {
		answers = append(answers, documents(text))
	}
	if err := json.NewEncoder(os.Stdout).Encode(answers); err != nil {
		panic(err)
	}
}
